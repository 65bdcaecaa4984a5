# Sourced by the other scripts: installing Debian packages, for who may.

# Says whether this user may install packages here.
can_install() {
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null
}

# Runs apt-get; one that is busy elsewhere is waited for.
apt() {
    DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 -qq "$@" >&2
}

# Installs packages, with fresh lists when the present ones do not do.
install_packages() {
    echo "Installing Debian packages: $*" >&2
    apt install -y --no-install-recommends "$@" 2>/dev/null && return
    apt update && apt install -y --no-install-recommends "$@"
}

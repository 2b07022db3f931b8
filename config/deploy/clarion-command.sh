#!/bin/sh
# The command `clarion` for people at the machine: run as the site's own user, with the site's own settings,
# because the site could not read keys that somebody else has made.
#   install -m 755 clarion-command.sh /usr/local/bin/clarion
set -eu

if [ "$(id -u)" = 0 ]; then
    exec runuser -u clarion -- "$0" "$@"
elif [ "$(id -un)" != clarion ]; then
    exec sudo -u clarion -- "$0" "$@"
fi

umask 077
set -a
CLARION_HOME=/var/lib/clarion
CLARION_CONFIG=/etc/clarion/production.toml
. /etc/clarion/environment
set +a
cd "$CLARION_HOME"
exec /opt/clarion/.venv/bin/clarion "$@"

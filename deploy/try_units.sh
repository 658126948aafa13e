#!/bin/sh
# `make units`: starts the shipped units as docs/operator.md says, with the last commit, on a machine within this one: a
# systemd of its own, no network, and this machine's files with changes that are thrown away afterwards. On Debian and
# its relatives, as root.
set -eu

if [ "${1:-}" != inside ]; then
    cd "$(dirname "$0")/.."
    for program in systemd-nspawn git openssl /usr/bin/python3; do
        command -v "$program" >/dev/null || { echo "try_units: $program is missing (systemd-nspawn is in systemd-container)" >&2; exit 2; }
    done
    [ "$(id -u)" = 0 ] || { echo "try_units: only root can start a machine" >&2; exit 2; }
    room=$(mktemp -d)
    trap 'umount -R "$room" 2>/dev/null; rmdir "$room"' EXIT
    mount -t tmpfs tmpfs "$room"
    mkdir "$room/changes" "$room/work" "$room/root"
    mount -t overlay overlay -o "lowerdir=/,upperdir=$room/changes,workdir=$room/work" "$room/root"

    # With the network of this machine: fetch what is installed. The Python of a home folder would be hidden from the units.
    rm -rf "$room/root/opt/idp"
    git clone --quiet --no-hardlinks . "$room/root/opt/idp"
    systemd-nspawn --quiet --register=no --keep-unit --directory="$room/root" --as-pid2 --pipe \
        --setenv=PATH=/usr/sbin:/usr/bin:/sbin:/bin --chdir=/opt/idp /usr/bin/python3 set_up.py

    # Without it: the machine starts with one unit, which does what this file says under *inside*, and ends with it.
    cat >"$room/root/etc/systemd/system/try-units.service" <<'UNIT'
[Unit]
SuccessAction=exit-force
FailureAction=exit-force
[Service]
Type=oneshot
ExecStart=/bin/sh /opt/idp/deploy/try_units.sh inside
StandardOutput=tty
StandardError=tty
UNIT
    systemd-nspawn --quiet --register=no --keep-unit --directory="$room/root" --private-network \
        --boot systemd.unit=try-units.service systemd.show_status=no systemd.log_level=err </dev/null
    exit
fi

# The machine within.
said() { echo "try_units: $*"; }
fail() { said "FAILED: $*"; journalctl --no-pager --lines=40 --unit='idp*'; exit 1; }
answers() { # within ten seconds
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        if [ "$(curl --silent --output /dev/null --write-out '%{http_code}' http://localhost:8400/health/ready)" = 200 ]; then return; fi
        sleep 1
    done
    fail "$1"
}
as_idp() { setpriv --reuid=idp --regid=idp --clear-groups env IDP_CONFIG=/etc/idp/idp.toml PYTHONPATH=/opt/idp "/opt/idp/.venv/bin/$@"; }
main_process() { systemctl show idp --property=MainPID --value; }

cd /opt/idp
getent passwd idp >/dev/null || useradd --system --home-dir /nonexistent --shell /usr/sbin/nologin idp
install -d -m 750 /etc/idp
(umask 077 && openssl rand -hex 32 >/etc/idp/secret)
cat >/etc/idp/idp.toml <<'SETTINGS'
issuer = "http://localhost:8400"
database_url = "sqlite:////var/lib/idp/idp.db"
secret_file = "/etc/idp/secret"
keys = "file:/etc/idp/keys"
allow_file_keys = true
SETTINGS
install -d -m 700 -o idp -g idp /var/lib/idp /etc/idp/keys
chown -R idp: /etc/idp
as_idp idp db upgrade
as_idp idp keys rotate >/dev/null
cp deploy/systemd/* /etc/systemd/system/
for unit in idp idp-keys idp-purge; do
    install -d "/etc/systemd/system/$unit.service.d"
    printf '[Service]\nReadWritePaths=/var/lib/idp\n' >"/etc/systemd/system/$unit.service.d/sqlite.conf"
done
systemctl daemon-reload
systemctl enable --quiet idp.service idp-keys.timer idp-purge.timer
systemctl start idp.service idp-keys.timer idp-purge.timer || fail "a unit does not start"
answers "the service does not answer"
grep -q '^CapEff:\s*0*$' "/proc/$(main_process)/status" || fail "the service has capabilities"
grep -q '^Seccomp:\s*2$' "/proc/$(main_process)/status" || fail "the service may call everything of the kernel"
nsenter --target "$(main_process)" --mount touch /etc/idp/keys/x 2>/dev/null && fail "the service can write its keys"
nsenter --target "$(main_process)" --mount touch /var/lib/idp/x || fail "the service cannot write its database"
as_idp python - <<'WALK' || fail "nobody can sign in"
import os
from bench.browser import Wire
from bench.measure import complete_sign_in
from bench.people import engage
from idp.cli.work import settings_of

settings = settings_of(os.environ)
cast = engage(settings, 3)
party = cast.relying_party("RS256", Wire(settings.issuer))
for person in cast.people:
    complete_sign_in(settings.issuer, Wire(settings.issuer), party, person)
WALK
said "the service is closed off, and people sign in"

systemctl reload idp && sleep 2
answers "not after a reload"
systemctl restart idp
answers "not after a restart"
kill -9 "$(main_process)"
sleep 3
answers "not after it was killed"
said "it answers after a reload, a restart and being killed"

before=$(find /etc/idp/keys -name '*.json' | wc -l)
sed 's/rotate --due/rotate --alg ES256 --at-once/' deploy/systemd/idp-keys.service >/etc/systemd/system/idp-keys.service
systemctl daemon-reload
systemctl start idp-keys || fail "no key is made"
[ "$(find /etc/idp/keys -name '*.json' | wc -l)" -gt "$before" ] || fail "no key was written"
systemctl start idp-purge || fail "nothing is purged"
said "keys are made and what has expired is deleted"

as_idp idp doctor
systemctl stop idp
[ "$(systemctl is-failed idp)" = inactive ] || fail "it does not stop in peace"
said "all is well"

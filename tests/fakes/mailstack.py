"""Dovecot and Postfix of the distribution, started by the tests themselves.

Everything lives in a temporary folder and on free ports of loopback; nothing of the system's own
mail is touched. Dovecot runs as any user, Postfix needs root. Tests that use them carry the marker
``servers``: where a program is missing they are skipped with a reason, and under CI they fail.
"""

from __future__ import annotations

import grp
import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from string import Template

import pytest

from tests.fakes.tls import Certificate, make_certificate

START_WITHIN_S = 10.0

DOVECOT_CONF = Template("""\
base_dir = $root/run
state_dir = $root/state
log_path = $root/dovecot.log
listen = 127.0.0.1
protocols = imap
default_internal_user = $user
default_internal_group = $group
default_login_user = $user
ssl = yes
ssl_cert = <$cert
ssl_key = <$key
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_failure_delay = 0
mail_location = maildir:~/Maildir
first_valid_uid = 1
mail_max_userip_connections = 100
mailbox_idle_check_interval = 1 secs
imap_idle_notify_interval = 30 secs
namespace inbox {
  inbox = yes
}
passdb {
  driver = passwd-file
  args = scheme=PLAIN username_format=%u $root/users
}
userdb {
  driver = passwd-file
  args = username_format=%u $root/users
  default_fields = uid=$uid gid=$gid home=$root/mail/%u
}
service anvil {
  chroot =
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
service stats {
  chroot =
}
service imap-login {
  chroot =
  inet_listener imap {
    address = 127.0.0.1
    port = $imap
  }
  inet_listener imaps {
    address = 127.0.0.1
    port = $imaps
  }
}
""")

MAIN_CF = Template("""\
compatibility_level = 3.6
queue_directory = $root/spool
data_directory = $root/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mx.acme.example
mydestination =
mynetworks = 127.0.0.0/8
alias_maps =
alias_database =
local_transport = error:no local mail
local_recipient_maps =
virtual_mailbox_domains = acme.example
virtual_mailbox_maps =
virtual_transport = lmtp:inet:$lmtp
default_transport = error:no outside world
relay_transport = error:no outside world
smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination
disable_dns_lookups = yes
smtp_dns_support_level = disabled
maillog_file = $root/maillog
maillog_file_prefixes = $root
biff = no
""")

MASTER_CF = Template("""\
127.0.0.1:$smtp inet n - n - - smtpd
postlog unix-dgram n - n - 1 postlogd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
""")

QUEUES = (
    *("active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming"),
    *("maildrop", "pid", "private", "public", "saved", "trace"),
)
QUEUE_MODES = {"pid": 0o755, "maildrop": 0o1730, "public": 0o710}


def require(*programs: str) -> None:
    """Skip the test loudly where a program is missing; fail it under CI."""
    path = os.pathsep.join(("/usr/sbin", "/usr/bin", "/bin"))
    missing = [program for program in programs if shutil.which(program, path=path) is None]
    if "postfix" in programs and os.getuid() != 0:
        missing.append("root, for postfix")
    if missing and os.environ.get("CI") == "true":
        pytest.fail(f"CI must have these: {', '.join(missing)}")
    if missing:
        pytest.skip(f"REAL MAIL SERVERS NOT TESTED, missing: {', '.join(missing)}")


def free_port() -> int:
    """Return a port that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_WITHIN_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 0.2).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    said = log.read_text() if log.exists() else "nothing"
    raise RuntimeError(f"{process.args!r} does not listen on {port}; it said: {said}")


@dataclass
class Dovecot:
    """An IMAP server with users ``{name: password}``."""

    root: Path
    users: dict[str, str]
    imap: int = field(default_factory=free_port)
    imaps: int = field(default_factory=free_port)
    certificate: Certificate = field(init=False)
    _process: subprocess.Popen[bytes] = field(init=False)

    def start(self) -> None:
        """Write its configuration and run it in the foreground, as nobody when we are root."""
        owner = pwd.getpwnam("nobody") if os.getuid() == 0 else pwd.getpwuid(os.getuid())
        for name in ("run", "state", "mail"):
            (self.root / name).mkdir(parents=True, exist_ok=True)
        self.certificate = make_certificate(self.root)
        self.set_passwords(self.users)
        conf = self.root / "dovecot.conf"
        conf.write_text(
            DOVECOT_CONF.substitute(
                root=self.root,
                user=owner.pw_name,
                group=grp.getgrgid(owner.pw_gid).gr_name,
                uid=owner.pw_uid,
                gid=owner.pw_gid,
                cert=self.certificate.cert,
                key=self.certificate.key,
                imap=self.imap,
                imaps=self.imaps,
            )
        )
        as_owner: dict[str, object] = {}
        if os.getuid() == 0:
            _give_to(self.root, owner.pw_uid, owner.pw_gid)
            as_owner = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
        self._process = subprocess.Popen(
            ["/usr/sbin/dovecot", "-F", "-c", str(conf)],
            cwd="/",
            env={"PATH": "/usr/sbin:/usr/bin:/bin", "HOME": str(self.root)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            **as_owner,
        )
        for port in (self.imap, self.imaps):
            _wait_for(port, self._process, self.root / "dovecot.log")

    def set_passwords(self, users: dict[str, str]) -> None:
        """Let other passwords hold from now on; who is logged in stays."""
        # The empty fields belong to the userdb; without them it knows the password only.
        lines = [f"{name}:{{PLAIN}}{password}::::::\n" for name, password in users.items()]
        # By renaming, so that it never reads half of it, and sees another file.
        new = self.root / "users.new"
        new.write_text("".join(lines))
        new.replace(self.root / "users")

    def fill(self, user: str, mails: Iterable[tuple[bytes, bool]], age: timedelta) -> None:
        """Put mails of some age into an INBOX that nobody has opened yet: ``(content, seen)``."""
        maildir = self.root / "mail" / user / "Maildir"
        for name in ("cur", "new", "tmp"):
            (maildir / name).mkdir(parents=True)
        for number, (content, is_seen) in enumerate(mails):
            path = maildir / "cur" / f"{number + 1:09}.M{number}.test:2,{'S' if is_seen else ''}"
            path.write_bytes(content)
            then = path.stat().st_mtime - age.total_seconds()
            os.utime(path, (then, then))
        if os.getuid() == 0:
            owner = pwd.getpwnam("nobody")
            _give_to(self.root / "mail" / user, owner.pw_uid, owner.pw_gid)

    def stop(self) -> None:
        """End it and all its children, which are a group of their own; gently takes seconds."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(10)


@dataclass
class Postfix:
    """An SMTP server that hands everything for acme.example to an LMTP address."""

    root: Path
    lmtp: str
    smtp: int = field(default_factory=free_port)
    _process: subprocess.Popen[bytes] = field(init=False)

    def start(self) -> None:
        """Make its queue by hand and run its master: its own start script takes seconds."""
        etc = self.root / "etc"
        for folder in (etc, self.root / "spool", self.root / "data"):
            folder.mkdir(parents=True)
        shutil.chown(self.root / "data", "postfix", "postfix")
        (etc / "main.cf").write_text(MAIN_CF.substitute(root=self.root, lmtp=self.lmtp))
        (etc / "master.cf").write_text(MASTER_CF.substitute(smtp=self.smtp))
        self._make_queues()
        # Postfix sleeps while its configuration is younger than two seconds.
        for name in ("main.cf", "master.cf"):
            long_ago = (etc / name).stat().st_mtime - 60
            os.utime(etc / name, (long_ago, long_ago))
        self._process = subprocess.Popen(
            ["/usr/lib/postfix/sbin/master", "-c", str(etc), "-s"],
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "MAIL_CONFIG": str(etc)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        _wait_for(self.smtp, self._process, self.root / "maillog")

    def stop(self) -> None:
        """End it and all its children."""
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(10)

    def log(self) -> str:
        """Return what it has logged so far."""
        path = self.root / "maillog"
        return path.read_text() if path.exists() else ""

    def _make_queues(self) -> None:
        owner, group = pwd.getpwnam("postfix").pw_uid, grp.getgrnam("postdrop").gr_gid
        for name in QUEUES:
            queue = self.root / "spool" / name
            queue.mkdir()
            os.chown(
                queue,
                0 if name == "pid" else owner,
                group if name in ("maildrop", "public") else 0,
            )
            queue.chmod(QUEUE_MODES.get(name, 0o700))


def _give_to(folder: Path, uid: int, gid: int) -> None:
    for path in (folder, *folder.rglob("*")):
        os.chown(path, uid, gid)

// Attacks on what a box may read and write.
import { type Attack, attack } from './attack.ts'

export const filesAttacks: readonly Attack[] = [
  attack(
    'files',
    'host-secrets',
    'keys and credentials of the host are not readable',
    'has "$HOST/.ssh" /root /home /var/tmp',
  ),
  attack(
    'files',
    'host-folders',
    'folders of the host are not there',
    '[ -e "$HOST" ] && leak "$HOST"; [ -r /etc/shadow ] && leak shadow; grep -q ^root: /etc/passwd && leak "accounts of the host"',
  ),
  attack(
    'files',
    'other-person',
    'another person’s own files are not readable',
    'for p in users/bob/personal users/alice/../bob/personal /proc/self/root/work/users/bob/personal; do has "$p"; done',
  ),
  attack('files', 'databases', 'databases and configuration are not readable', 'has "$HOST/home"'),
  attack(
    'files',
    'gateway-socket',
    'the gateway’s socket is not there',
    '[ -e "$HOST/home/run/coop.sock" ] && leak socket',
  ),
  attack(
    'files',
    'service-sockets',
    'sockets of docker, the desktop and agents are not there',
    'for s in /run/docker.sock /var/run/docker.sock /run/dbus /run/user /tmp/.X11-unix /run/systemd; do [ -e "$s" ] && leak "$s"; done',
  ),
  attack(
    'files',
    'write-outside',
    'nothing outside is writable',
    'for p in / /etc /usr /usr/bin /opt /home "$HOST"; do touch "$p/x" 2>/dev/null && leak "$p"; done; grep -qE " /usr ro" /proc/self/mountinfo || leak "/usr is mounted writable"',
  ),
  attack(
    'files',
    'shared-memory',
    'shared memory of the host is not there',
    '[ -e "/dev/shm/$CANARY" ] && leak shm; [ "$(stat -fc %b /dev/shm)" -le 8192 ] || leak "shm has no limit"',
  ),
  attack(
    'files',
    'devices',
    'devices of the host are not there and none can be made',
    'for d in vda sda nvme0n1 mem kmsg kvm fuse; do [ -e "/dev/$d" ] && leak "$d"; done; mknod dev b 254 0 2>/dev/null && leak mknod; touch /dev/x 2>/dev/null && leak "/dev is writable"',
  ),
  attack(
    'files',
    'secret-file',
    'a hidden file stays hidden by every name',
    'for p in .env link app/../.env /proc/self/root/work/.env; do has "$p"; done',
  ),
  attack('files', 'secret-link', 'a hard link to a hidden file is hidden too', 'has innocent.txt'),
  attack(
    'files',
    'secret-folder',
    'a hidden folder stays hidden',
    'has .aws; touch .aws/x 2>/dev/null && leak "writable"',
  ),
  attack(
    'files',
    'unhide',
    'nothing hidden can be uncovered',
    'mv .env a; rm -f .env; ln .env b; umount .env .aws; mv .aws c; has a b c .env; rm -f .coopignore && leak .coopignore; echo >>.coopignore && leak .coopignore',
  ),
  attack('files', 'bait', 'a planted link leads nowhere', 'ln -s "$HOST/.ssh/id_ed25519" bait; has bait'),
  attack(
    'files',
    'git-hooks',
    'hooks of a repository stay as they are',
    'touch app/.git/hooks/x && leak hooks; mv app/.git app/g && leak renamed; true',
  ),
  attack(
    'files',
    'git-config',
    'the configuration of a repository stays as it is',
    'echo >>app/.git/config && leak config; mv app q && leak renamed; true',
  ),
  attack(
    'files',
    'other-folders',
    'another person’s folder cannot be swapped for a link',
    'mv users/bob users/x && leak renamed; ln -s / users/new && leak "new link"; true',
  ),
]

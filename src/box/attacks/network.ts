// Attacks on what a box may reach.
import { type Attack, attack } from './attack.ts'

export const networkAttacks: readonly Attack[] = [
  attack(
    'network',
    'loopback',
    'the gateway’s loopback is not reachable',
    '(exec 8<>"/dev/tcp/127.0.0.1/$PORT") && leak loopback; [ "$(grep -c : /proc/net/dev)" = 1 ] || leak interfaces',
  ),
  attack(
    'network',
    'abstract-socket',
    'abstract sockets of the host are not there',
    'grep -qF "$CANARY" /proc/net/unix && leak socket',
  ),
  attack(
    'network',
    'raw-address',
    'addresses cannot be dialled, by themselves or through the proxy',
    '(exec 8<>/dev/tcp/8.8.8.8/53) && leak direct; for a in 127.0.0.1:$PORT 169.254.169.254:80 2130706433:80 8.8.8.8:53 localhost:$PORT; do [ "$(says "CONNECT $a")" = 403 ] || leak "$a"; done',
  ),
  attack(
    'network',
    'names-allowed',
    'only names on the list are reached',
    '[ "$(says "CONNECT allowed.example.com:80")" = 200 ] || leak "an allowed name is not reached"; for a in evil.example.net:80 allowed.example.com.evil.net:80 private.example.com:80; do [ "$(says "CONNECT $a")" = 403 ] || leak "$a"; done',
  ),
  attack(
    'network',
    'lookup',
    'names are not resolved inside',
    'getent hosts example.com >/dev/null && leak dns',
  ),
]

// What a program in a box tries, to show that it fails: one line of the doctor’s report each, in its order.
import type { Attack } from './attack.ts'
import { filesAttacks } from './files.ts'
import { kernelAttacks } from './kernel.ts'
import { limitsAttacks } from './limits.ts'
import { networkAttacks } from './network.ts'
import { processesAttacks } from './processes.ts'

export const attacks: readonly Attack[] = [
  ...filesAttacks,
  ...processesAttacks,
  ...networkAttacks,
  ...kernelAttacks,
  ...limitsAttacks,
]

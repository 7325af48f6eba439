// Where a gateway and its clients meet in a home; known without reading the configuration.
import { join } from 'node:path'

/** Of a configuration, or of a home whose configuration was not read. */
interface Home {
  readonly home: string
}

/** The lock that says a gateway has this home. */
export const lockPath = ({ home }: Home): string => join(home, 'run', 'gateway.lock')
export const socketPath = ({ home }: Home): string => join(home, 'run', 'coop.sock')
export const logPath = ({ home }: Home): string => join(home, 'traces', 'coop.log')

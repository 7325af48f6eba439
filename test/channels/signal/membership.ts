// Who is in a group, changed as phones change it.
import { EMPTY_GROUP_ACTIONS, type Group, type PrimaryDevice } from '@signalapp/mock-server'
import type { World } from './world.ts'

/** The group as the server has it now. */
export async function currentGroup(world: Pick<World, 'server'>, group: Group): Promise<Group> {
  const server = await world.server.getGroup(group.publicParams.serialize())
  const Kind = group.constructor as unknown as new (init: object) => Group
  return new Kind({ secretParams: group.secretParams, groupState: server?.state })
}

/** `by` removes `whom`. */
export async function remove(
  world: Pick<World, 'server'>,
  group: Group,
  by: PrimaryDevice,
  whom: PrimaryDevice,
): Promise<void> {
  const current = await currentGroup(world, group)
  const server = await world.server.getGroup(group.publicParams.serialize())
  await world.server.modifyGroup({
    group: server!,
    actions: {
      ...EMPTY_GROUP_ACTIONS,
      version: current.revision + 1,
      deleteMembers: [{ deletedUserId: group.encryptServiceId(whom.device.aci) }],
    },
    aciCiphertext: group.encryptServiceId(by.device.aci),
    pniCiphertext: undefined,
  })
}

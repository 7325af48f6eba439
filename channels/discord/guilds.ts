// What Discord tells about servers: channels and threads, and who can see which.
import type { REST } from '@discordjs/rest'
import {
  type APIChannel,
  type APIGuild,
  type APIGuildMember,
  type APIOverwrite,
  type APIRole,
  ChannelType,
  GatewayDispatchEvents,
  type GatewayDispatchPayload,
  GuildFeature,
  OverwriteType,
  PermissionFlagsBits,
  Routes,
} from 'discord-api-types/v10'
import type { Membership } from '../../src/channel.ts'

export interface KnownChannel {
  readonly id: string
  readonly name: string
  readonly guild: string
  /** The channel a thread hangs on. */
  readonly parent?: string
  readonly overwrites: readonly APIOverwrite[]
  /** The newest message when the channel was told of. */
  readonly last?: string
}

interface Member {
  readonly id: string
  readonly roles: readonly string[]
}

interface Guild {
  owner: string
  /** People look into it without joining. */
  discoverable: boolean
  readonly roles: Map<string, APIRole>
  /** Loaded when first asked for, then kept true by events. */
  members: Map<string, Member> | null
}

export interface Guilds {
  /** Follows an event. */
  follow(payload: GatewayDispatchPayload): void
  /** A channel of a server; asked for if no event told of it. */
  channel(id: string): Promise<KnownChannel | undefined>
  channelName(id: string): string | undefined
  /** Every channel and thread that events told of. */
  all(): readonly KnownChannel[]
  roleName(guild: string, id: string): string | undefined
  /** Whether a role is the one that Discord made for the bot itself. */
  isOwnRole(guild: string, id: string, self: string): boolean
  /** Everyone who can view a channel, `self` left out. A private thread counts as its channel does. */
  viewers(channel: string, self: string, signal: AbortSignal): Promise<Membership>
}

const pageSize = 1_000

export function openGuilds(rest: REST): Guilds {
  const guilds = new Map<string, Guild>()
  const channels = new Map<string, KnownChannel>()

  function keep(channel: APIChannel, guild: string): void {
    channels.set(channel.id, {
      id: channel.id,
      name: channel.name ?? '',
      guild,
      ...(isThread(channel) && 'parent_id' in channel && channel.parent_id
        ? { parent: channel.parent_id }
        : {}),
      overwrites: 'permission_overwrites' in channel ? (channel.permission_overwrites ?? []) : [],
      ...('last_message_id' in channel && channel.last_message_id ? { last: channel.last_message_id } : {}),
    })
  }

  /** Of a server whose news cannot be read nothing is known any more: who was not understood to come in must not be left out. */
  function follow(payload: GatewayDispatchPayload): void {
    try {
      read(payload)
    } catch {
      const { guild_id, id } = Object(payload.d) as { guild_id?: unknown; id?: unknown }
      if (!guilds.delete(String(guild_id ?? id))) guilds.clear()
    }
  }

  function read({ t, d }: GatewayDispatchPayload): void {
    switch (t) {
      case GatewayDispatchEvents.Ready:
        guilds.clear()
        channels.clear()
        break
      case GatewayDispatchEvents.GuildCreate:
        if (d.unavailable) break
        guilds.set(d.id, {
          owner: d.owner_id,
          discoverable: isDiscoverable(d),
          roles: new Map(d.roles.map(role => [role.id, role])),
          members: null,
        })
        for (const channel of [...d.channels, ...d.threads]) keep(channel, d.id)
        break
      case GatewayDispatchEvents.GuildUpdate: {
        const guild = guilds.get(d.id)
        if (!guild) break
        guild.owner = d.owner_id
        guild.discoverable = isDiscoverable(d)
        break
      }
      case GatewayDispatchEvents.GuildDelete:
        guilds.delete(d.id)
        break
      case GatewayDispatchEvents.ChannelCreate:
      case GatewayDispatchEvents.ChannelUpdate:
        if (d.guild_id) keep(d, d.guild_id)
        break
      case GatewayDispatchEvents.ThreadCreate:
      case GatewayDispatchEvents.ThreadUpdate:
        if ('guild_id' in d && d.guild_id) keep(d, d.guild_id)
        break
      case GatewayDispatchEvents.ChannelDelete:
      case GatewayDispatchEvents.ThreadDelete:
        channels.delete(d.id)
        break
      case GatewayDispatchEvents.GuildRoleCreate:
      case GatewayDispatchEvents.GuildRoleUpdate:
        guilds.get(d.guild_id)?.roles.set(d.role.id, d.role)
        break
      case GatewayDispatchEvents.GuildRoleDelete:
        guilds.get(d.guild_id)?.roles.delete(d.role_id)
        break
      case GatewayDispatchEvents.GuildMemberAdd:
      case GatewayDispatchEvents.GuildMemberUpdate:
        guilds.get(d.guild_id)?.members?.set(d.user.id, { id: d.user.id, roles: d.roles })
        break
      case GatewayDispatchEvents.GuildMemberRemove:
        guilds.get(d.guild_id)?.members?.delete(d.user.id)
        break
    }
  }

  async function channel(id: string): Promise<KnownChannel | undefined> {
    if (!channels.has(id)) {
      const found = (await rest.get(Routes.channel(id))) as APIChannel
      if ('guild_id' in found && found.guild_id) keep(found, found.guild_id)
    }
    return channels.get(id)
  }

  async function membersOf(id: string, guild: Guild, signal: AbortSignal): Promise<Map<string, Member>> {
    if (guild.members) return guild.members
    const members = new Map<string, Member>()
    // Set before the first page, so that an event between two pages is not lost.
    guild.members = members
    try {
      for (let after = '0', full = true; full; ) {
        const query = new URLSearchParams({ limit: String(pageSize), after })
        const page = (await rest.get(Routes.guildMembers(id), { query, signal })) as APIGuildMember[]
        for (const { user, roles } of page)
          if (!members.has(user.id)) members.set(user.id, { id: user.id, roles })
        full = page.length === pageSize
        after = page.reduce((last, { user }) => (BigInt(user.id) > BigInt(last) ? user.id : last), after)
      }
      return members
    } catch (error) {
      guild.members = null
      throw error
    }
  }

  return {
    follow,
    channel,
    all: () => [...channels.values()],
    channelName: id => channels.get(id)?.name,
    roleName: (guild, id) => guilds.get(guild)?.roles.get(id)?.name,
    isOwnRole: (guild, id, self) => guilds.get(guild)?.roles.get(id)?.tags?.bot_id === self,
    async viewers(id, self, signal) {
      const asked = await channel(id)
      const shown = asked?.parent === undefined ? asked : await channel(asked.parent)
      const guild = shown && guilds.get(shown.guild)
      if (!shown || !guild) return { kind: 'unknown', reason: 'Discord has not told about this server' }
      const anybody = { id: '', roles: [] }
      if (guild.discoverable && canView(anybody, shown, guild))
        return { kind: 'unknown', reason: 'the server is discoverable: anybody can look into this channel' }
      const members = await membersOf(shown.guild, guild, signal)
      const ids = [...members.values()]
        .filter(member => canView(member, shown, guild))
        .map(member => member.id)
      return { kind: 'list', ids: ids.filter(member => member !== self) }
    },
  }
}

const isDiscoverable = ({ features }: Pick<APIGuild, 'features'>): boolean =>
  (features ?? []).includes(GuildFeature.Discoverable)

/** Whether a member sees a channel: the server's roles, then the channel's overwrites, nearest last. */
function canView(member: Member, channel: KnownChannel, guild: Guild): boolean {
  if (member.id === guild.owner) return true
  const everyone = channel.guild
  const roles = [everyone, ...member.roles]
  let allowed = roles.reduce((bits, role) => bits | BigInt(guild.roles.get(role)?.permissions ?? 0), 0n)
  if (allowed & PermissionFlagsBits.Administrator) return true
  const apply = (overwrites: readonly APIOverwrite[]) => {
    const bits = (side: 'allow' | 'deny') => overwrites.reduce((sum, each) => sum | BigInt(each[side]), 0n)
    allowed = (allowed & ~bits('deny')) | bits('allow')
  }
  const ofRoles = channel.overwrites.filter(each => each.type === OverwriteType.Role)
  apply(ofRoles.filter(each => each.id === everyone))
  apply(ofRoles.filter(each => member.roles.includes(each.id)))
  apply(channel.overwrites.filter(each => each.type === OverwriteType.Member && each.id === member.id))
  return (allowed & PermissionFlagsBits.ViewChannel) !== 0n
}

const isThread = ({ type }: APIChannel): boolean =>
  type === ChannelType.PublicThread ||
  type === ChannelType.PrivateThread ||
  type === ChannelType.AnnouncementThread

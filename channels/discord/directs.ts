// Direct chats: Discord names them by a channel, which a bot has to ask for, person by person.
import { DiscordAPIError, type REST } from '@discordjs/rest'
import { type APIChannel, Routes } from 'discord-api-types/v10'

export interface Directs {
  /** The channel of a person's direct chat; made if there is none yet. */
  channelOf(person: string, signal: AbortSignal): Promise<string>
  /** A person wrote in that channel. */
  met(person: string, channel: string): void
  /** The channels of those who were not met yet, but of nobody who cannot be reached. */
  meet(people: readonly string[], signal: AbortSignal): AsyncGenerator<string>
}

/** So many are asked for after a start; a bot that opens more chats at once looks like one that annoys people. */
const mostMet = 50

export function openDirects(rest: REST): Directs {
  const channels = new Map<string, string>()

  async function channelOf(person: string, signal: AbortSignal): Promise<string> {
    const known = channels.get(person)
    if (known !== undefined) return known
    const body = { recipient_id: person }
    const made = (await rest.post(Routes.userChannels(), { body, signal })) as APIChannel
    channels.set(person, made.id)
    return made.id
  }

  return {
    channelOf,
    met: (person, channel) => void channels.set(person, channel),
    async *meet(people, signal) {
      for (const person of people.filter(each => !channels.has(each)).slice(0, mostMet)) {
        try {
          yield await channelOf(person, signal)
        } catch (error) {
          if (!(error instanceof DiscordAPIError)) throw error
        }
      }
    },
  }
}

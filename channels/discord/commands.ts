// Native slash commands, and the word that Discord wants within three seconds of an interaction.
import type { REST } from '@discordjs/rest'
import {
  type APIApplicationCommand,
  type APIInteraction,
  ApplicationCommandOptionType,
  InteractionResponseType,
  InteractionType,
  MessageFlags,
  Routes,
} from 'discord-api-types/v10'
import type { CommandMenu } from '../../src/channel.ts'

/** Registers every command that somebody has; who may not use one is told nothing by it. */
export async function register(
  rest: REST,
  application: string,
  menus: readonly CommandMenu[],
  signal: AbortSignal,
): Promise<void> {
  const wanted = new Map(menus.flatMap(menu => menu.commands.map(command => [command.name, command.summary])))
  const known = (await rest.get(Routes.applicationCommands(application), {
    signal,
  })) as APIApplicationCommand[]
  const same =
    known.length === wanted.size && known.every(({ name, description }) => wanted.get(name) === description)
  // Discord counts registrations by the day.
  if (same) return
  const body = [...wanted].map(([name, summary]) => ({
    name,
    description: summary.slice(0, 100),
    options: [
      { type: ApplicationCommandOptionType.String, name: 'text', description: 'what follows the command' },
    ],
  }))
  await rest.put(Routes.applicationCommands(application), { body, signal })
}

/** Says that an interaction arrived: a command's echo to its sender alone, and no more buttons in a direct chat. */
export async function acknowledge(
  rest: REST,
  interaction: APIInteraction,
  text: string,
  signal: AbortSignal,
): Promise<void> {
  const pressed = interaction.type === InteractionType.MessageComponent
  const body = !pressed
    ? {
        type: InteractionResponseType.ChannelMessageWithSource,
        data: { content: `\`${text.replaceAll('`', '’').slice(0, 1_900)}\``, flags: MessageFlags.Ephemeral },
      }
    : interaction.guild_id === undefined
      ? { type: InteractionResponseType.UpdateMessage, data: { components: [] } }
      : { type: InteractionResponseType.DeferredMessageUpdate }
  await rest.post(Routes.interactionCallback(interaction.id, interaction.token), {
    body,
    auth: false,
    signal,
  })
}

// What hangs on a Telegram message: files to fetch, and what is no file in words.
import type { Message } from 'grammy/types'
import type { Attachment } from '../../src/channel.ts'

/** The files of a message; a sticker that moves is named in words alone. */
export function attachmentsOf(message: Message): Attachment[] {
  const { photo, document, video, audio, voice, video_note, animation, sticker } = message
  const largest = photo?.at(-1)
  if (largest) return [made('image', 'photo.jpg', 'image/jpeg', largest)]
  if (sticker)
    return sticker.is_animated || sticker.is_video
      ? []
      : [made('image', 'sticker.webp', 'image/webp', sticker)]
  if (voice) return [made('audio', 'voice.ogg', voice.mime_type ?? 'audio/ogg', voice)]
  if (audio) return [made('audio', audio.file_name ?? 'audio.mp3', audio.mime_type ?? 'audio/mpeg', audio)]
  if (video) return [made('video', video.file_name ?? 'video.mp4', video.mime_type ?? 'video/mp4', video)]
  if (video_note) return [made('video', 'video-note.mp4', 'video/mp4', video_note)]
  // An animation comes as a document too.
  if (animation)
    return [
      made('video', animation.file_name ?? 'animation.mp4', animation.mime_type ?? 'video/mp4', animation),
    ]
  if (!document) return []
  const mime = document.mime_type ?? 'application/octet-stream'
  return [made(mime.startsWith('image/') ? 'image' : 'file', document.file_name ?? 'file', mime, document)]
}

/** What a message says without words or files: a place, a contact, a poll. Empty when it is none of these. */
export function describe(message: Message): string {
  const { sticker, venue, location, contact, poll, dice, checklist, story, game, paid_media } = message
  if (sticker) return `[sticker${sticker.emoji ? ` ${sticker.emoji}` : ''}]`
  if (venue) return `[place: ${venue.title}, ${venue.address} (${at(venue.location)})]`
  if (location) return `[location: ${at(location)}${location.live_period ? ', live' : ''}]`
  if (contact)
    return `[contact: ${[contact.first_name, contact.last_name, contact.phone_number].filter(Boolean).join(' ')}]`
  if (poll) return `[poll: ${poll.question} (${poll.options.map(option => option.text).join(' / ')})]`
  if (dice) return `[${dice.emoji} ${dice.value}]`
  if (checklist) return `[list: ${checklist.title} (${checklist.tasks.map(task => task.text).join(' / ')})]`
  if (story) return '[a story, which bots cannot see]'
  if (game) return `[game: ${game.title}]`
  if (paid_media) return '[paid media, which bots cannot see]'
  return ''
}

const at = ({ latitude, longitude }: { latitude: number; longitude: number }): string =>
  `${latitude}, ${longitude}`

const made = (
  kind: Attachment['kind'],
  name: string,
  mime: string,
  { file_id, file_size }: { file_id: string; file_size?: number },
): Attachment => ({
  kind,
  name,
  mime,
  handle: file_id,
  ...(file_size === undefined ? {} : { size: file_size }),
})

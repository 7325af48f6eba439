// Two thousand turns of one conversation, some taken back, begun anew half way, its gateway killed on the way: what the largest request holds, and whether a promise is lost.
import { talkFor } from '../support/long-conversation.ts'
import type { Row } from './row.ts'

const turns = 2_000

export async function rows(): Promise<Row[]> {
  const { largest, summaries, planted, lost, haunting, said, kept, restarts } = await talkFor(turns, 70)
  return [
    {
      name: `${turns} turns: the largest request, times summed up`,
      bar: '< 50,000 tokens',
      value: `${largest} tokens, ${summaries} times`,
      pass: largest < 50_000,
    },
    {
      name: `${turns} turns, ${restarts} killed, one /new: promises kept`,
      bar: 'all',
      value: `${planted - lost.length} of ${planted}${lost.length > 0 ? `; lost: ${lost.join('; ')}` : ''}`,
      pass: lost.length === 0,
    },
    {
      name: `${turns} turns: promises taken back that still stand in a request`,
      bar: '0',
      value: `${haunting.length}`,
      pass: haunting.length === 0,
    },
    {
      name: `${turns} turns: messages in the transcript`,
      bar: 'all',
      value: `${kept} of ${said}`,
      pass: kept === said,
    },
  ]
}

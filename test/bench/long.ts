// Two thousand turns of one conversation: what the largest request holds, and whether a promise is lost.
import { talkFor } from '../support/long-conversation.ts'
import type { Row } from './row.ts'

const turns = 2_000

export async function rows(): Promise<Row[]> {
  const { largest, summaries, planted, lost, kept } = await talkFor(turns, 70)
  return [
    {
      name: `${turns} turns: the largest request, times summed up`,
      bar: '< 50,000 tokens',
      value: `${largest} tokens, ${summaries} times`,
      pass: largest < 50_000,
    },
    {
      name: `${turns} turns: promises kept, messages in the transcript`,
      bar: 'all',
      value: `${planted - lost.length} of ${planted}, ${kept} of ${turns + 1}`,
      pass: lost.length === 0 && kept === turns + 1,
    },
  ]
}

// Finds what must never be remembered: keys, passwords, card numbers.
import { redactor } from '../trace/redact.ts'

const redactKeys = redactor([])
const gone = '[redacted]'

const told =
  /\b(pass(?:word|phrase|code|wort)|pwd|pin(?: code| number)?|cvv|cvc|(?:api|secret|private|access) ?key|recovery (?:code|phrase)|seed phrase)(\s*(?:is|was|are|=|:|->)+\s*(?:now |set to )?)(["'`]?)(\S{3,})/gi
const words =
  /^(?:a|an|the|not|very|too|so|really|in|on|at|my|your|our|wrong|right|correct|safe|secure|weak|strong|long|short|old|new|different|the same|gone|lost|expired|ok|okay|fine|broken|missing|required|needed|stored|written|kept|hidden|something|hard|easy|secret|there|here|what|that|this|changed|reset)[.,!?;:]*$/i
const longNumber = /\b\d(?:[ -]?\d){12,18}\b/g

/** The text with every secret in it replaced; the same text when it holds none. */
export function withoutSecrets(text: string): string {
  return redactKeys(text)
    .replace(longNumber, number => (isCard(number.replace(/\D/g, '')) ? gone : number))
    .replace(told, (whole: string, what: string, is: string, quote: string, value: string) =>
      value.startsWith(gone) || words.test(value) ? whole : `${what}${is}${quote}${gone}`,
    )
}

export const holdsSecret = (text: string): boolean => withoutSecrets(text) !== text

/** ISO/IEC 7812: the check digit of a payment card. */
function isCard(digits: string): boolean {
  if (/^(\d)\1+$/.test(digits)) return false
  let sum = 0
  for (const [index, digit] of [...digits].reverse().entries()) {
    const value = Number(digit) * (index % 2 === 1 ? 2 : 1)
    sum += value > 9 ? value - 9 : value
  }
  return sum % 10 === 0
}

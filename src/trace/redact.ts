// Takes secrets out of what is logged or traced, by shape and by value.

const shapes = [
  /\bsk-[A-Za-z0-9_-]{16,}/g,
  /\b\d{6,12}:[A-Za-z0-9_-]{30,}/g,
  /\b(?:gh[pousr]_|github_pat_|xox[abpr]-|glpat-)[A-Za-z0-9_-]{12,}/g,
  /\bAKIA[0-9A-Z]{16}\b/g,
  /\bBearer\s+[A-Za-z0-9._~+/-]{12,}=*/gi,
  /\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]+/g,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g,
]

export type Redact = (text: string) => string

/** A redactor for the known secret shapes and for the `secrets` of this configuration themselves. */
export function redactor(secrets: readonly string[]): Redact {
  const values = secrets.filter(secret => secret.length >= 6).sort((a, b) => b.length - a.length)
  return text => {
    let out = text
    for (const value of values) if (out.includes(value)) out = out.replaceAll(value, '[redacted]')
    for (const shape of shapes) out = out.replace(shape, '[redacted]')
    return out
  }
}

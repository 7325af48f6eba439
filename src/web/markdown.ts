// A page's HTML as Markdown: the article alone where one is found, else all that is text.
import { Readability } from '@mozilla/readability'
import { parseHTML } from 'linkedom'
import Turndown from 'turndown'

export interface Readable {
  readonly title: string
  readonly text: string
}

type Page = ReturnType<typeof parseHTML>['document']

/** Deeper than this is no page but an attack on the parser. */
const maxElements = 100_000

/** `url` is where the page lies, for its relative links. */
export function markdownOf(html: string, url: string): Readable {
  const { document } = parseHTML(/<body[\s>]/i.test(html) ? html : `<html><body>${html}</body></html>`)
  const title = document.querySelector('title')?.textContent?.trim() ?? ''
  for (const element of document.querySelectorAll('script, style, noscript, template, iframe, svg, canvas'))
    element.remove()
  absolute(document, url)
  const whole = document.body
  const article = new Readability(document.cloneNode(true) as Page, { maxElemsToParse: maxElements }).parse()
  // A list or a form is no article: then the page as it stands says more.
  const chosen = article?.content && (article.textContent?.length ?? 0) > 200 ? article.content : whole
  const turndown = new Turndown({ headingStyle: 'atx', codeBlockStyle: 'fenced', bulletListMarker: '-' })
  turndown.remove(['form', 'nav', 'button'] as never[])
  const node =
    typeof chosen === 'string' ? parseHTML(`<html><body>${chosen}</body></html>`).document.body : chosen
  const text = turndown.turndown(node as never)
  return { title: article?.title || title, text: text.replace(/\n{3,}/g, '\n\n').trim() }
}

/** Links as they would be followed; what leads nowhere on the web is plain text. */
function absolute(document: Page, url: string): void {
  for (const link of document.querySelectorAll('a[href]')) {
    const href = link.getAttribute('href') ?? ''
    const target = URL.canParse(href, url) ? new URL(href, url) : undefined
    if (target && /^https?:$/.test(target.protocol) && !href.startsWith('#'))
      link.setAttribute('href', target.href)
    else link.removeAttribute('href')
  }
  for (const image of document.querySelectorAll('img')) image.remove()
}

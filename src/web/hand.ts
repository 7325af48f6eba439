// The hand that tools reach the web with, cut to what a clearance may reach.
import { type Clearance, checkClearance } from '../access/clearance.ts'
import { internet, type Net } from '../box/dial.ts'
import { type Egress, judgeHost } from '../box/egress.ts'
import type { BoxRules } from '../box/policy.ts'
import type { Config } from '../config/load.ts'
import type { WebHand, WebPage } from '../tools/hands/outside.ts'
import { download } from './download.ts'
import { pageOf } from './page.ts'
import { type SearchSettings, search, searchHost } from './search.ts'

export interface WebRules {
  readonly egress: BoxRules['egress']
  /** Null where pages are not fetched. */
  readonly pages: { readonly maxBytes: number; readonly timeoutMs: number } | null
  readonly search: SearchSettings | null
}

export function webRulesOf(config: Config, egress: BoxRules['egress']): WebRules {
  const { web_fetch: pages, web_search: found } = config.settings.tools
  return {
    egress,
    pages: pages.enabled ? { maxBytes: pages.max_mb * 1024 * 1024, timeoutMs: pages.timeout_s * 1000 } : null,
    search:
      found.provider === undefined || (found.provider === 'searxng' && found.base_url === undefined)
        ? null
        : {
            provider: found.provider,
            key: found.api_key === undefined ? undefined : config.secret(found.api_key),
            baseUrl: found.base_url,
            model: found.model,
            maxResults: found.max_results,
          },
  }
}

/** One hand a turn: it remembers the pages of the turn. Null where nothing may be reached. */
export function webHandOf(clearance: Clearance, rules: WebRules, net: Net = internet): WebHand | null {
  checkClearance(clearance)
  const egress: Egress = clearance.person === null ? { kind: 'none' } : rules.egress[clearance.level]
  if (egress.kind === 'none' || (egress.kind === 'allow' && egress.hosts.length === 0)) return null
  const { pages, search: settings } = rules
  const cache = new Map<string, Promise<WebPage>>()
  const searches =
    settings !== null && (egress.kind === 'open' || judgeHost(egress, searchHost(settings)).kind === 'allow')
  if (!pages && !searches) return null
  const fetch = (limits: NonNullable<WebRules['pages']>) => (url: string, signal: AbortSignal) => {
    const known = cache.get(url)
    if (known) return known
    const page = download(net, egress, url, limits, signal).then(found => pageOf(found, signal))
    cache.set(url, page)
    // A failure is tried again when it is asked for again.
    page.catch(() => cache.delete(url))
    return page
  }
  return {
    fetch: pages && fetch(pages),
    search: searches ? (query, count, signal) => search(settings, query, count, signal) : null,
  }
}

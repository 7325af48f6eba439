// What the agent does right now, and for how long; a clock ticks only while it does something.
export interface Activity {
  readonly running: boolean
  begin(what: string): void
  end(): void
}

export function openActivity(show: (text: string) => void): Activity {
  let since: number | null = null
  let doing = ''
  let ticking: NodeJS.Timeout | undefined

  function tell(): void {
    const seconds = since === null ? 0 : Math.round((Date.now() - since) / 1_000)
    show(since === null ? '' : seconds > 1 ? `${doing} ${seconds} s` : doing)
  }

  return {
    get running() {
      return since !== null
    },
    begin(what) {
      if (since !== null && what === doing) return
      since ??= Date.now()
      doing = what
      ticking ??= setInterval(tell, 1_000)
      tell()
    },
    end() {
      since = null
      clearInterval(ticking)
      ticking = undefined
      tell()
    },
  }
}

// The page on a terminal that only listens.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Page } from '../../src/terminal/screen/page.ts'
import { ScreenTerminal } from '../../src/terminal/screen/screen-terminal.ts'
import { until } from '../support/until.ts'

class Listening extends ScreenTerminal {
  heard = ''
  override start(): void {}
  override stop(): void {}
  override write(data: string): void {
    this.heard += data
  }
  override collect(draw: () => void): string {
    const before = this.heard
    this.heard = ''
    draw()
    const drawn = this.heard
    this.heard = before
    return drawn
  }
  override get columns(): number {
    return 80
  }
  override get rows(): number {
    return 24
  }
}

test('a page that was stopped while a drawing was due is drawn when it starts anew', async () => {
  const terminal = new Listening()
  const page = new Page(terminal, () => {})
  page.addChild({ render: () => ['all that was said'], invalidate() {} })
  page.start()
  await until('the first drawing', () => terminal.heard.includes('all that was said'))
  page.requestRender()
  await sleep(0)
  page.stop()
  terminal.heard = ''
  page.startAnew()
  await until('the drawing anew', () => terminal.heard.includes('all that was said'))
  page.stop()
  assert.equal(terminal.heard.match(/all that was said/g)?.length, 1)
})

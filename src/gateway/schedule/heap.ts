// A binary heap: the entry with the smallest time first.

export interface Timed {
  readonly at: number
}

export class Heap<T extends Timed> {
  readonly #items: T[] = []

  get size(): number {
    return this.#items.length
  }

  first(): T | undefined {
    return this.#items[0]
  }

  push(item: T): void {
    const items = this.#items
    let index = items.push(item) - 1
    while (index > 0) {
      const parent = (index - 1) >> 1
      if (items[parent]!.at <= item.at) break
      items[index] = items[parent]!
      index = parent
    }
    items[index] = item
  }

  pop(): T | undefined {
    const items = this.#items
    const first = items[0]
    const last = items.pop()
    if (first === undefined || last === undefined || items.length === 0) return first
    let index = 0
    for (;;) {
      let child = 2 * index + 1
      if (child >= items.length) break
      if (child + 1 < items.length && items[child + 1]!.at < items[child]!.at) child++
      if (items[child]!.at >= last.at) break
      items[index] = items[child]!
      index = child
    }
    items[index] = last
    return first
  }

  clear(): void {
    this.#items.length = 0
  }
}

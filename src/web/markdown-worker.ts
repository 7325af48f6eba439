// A thread of its own for one page, so that no page holds up the gateway.
import { parentPort, workerData } from 'node:worker_threads'
import { markdownOf } from './markdown.ts'

parentPort?.postMessage(markdownOf(workerData.html, workerData.url))

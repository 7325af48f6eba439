// Node's HTTP without what it drags in: importing node:http evaluates each of its exports, and its
// WebSocket loads all of undici, some 60 ms of every start.

export const { Agent, createServer, request } = process.getBuiltinModule('node:http')

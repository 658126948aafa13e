// One line of JSON at a time: what the test says comes in on standard input, what happened here goes out.
import { createInterface } from 'node:readline'

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()

export async function hear() {
  return JSON.parse((await lines.next()).value)
}

export function say(what) {
  process.stdout.write(`${JSON.stringify(what)}\n`)
}

// An error of the library, with what the provider answered.
export async function refused(attempt) {
  try {
    await attempt()
  } catch (wrong) {
    return wrong.error ?? wrong.cause?.error ?? wrong.code ?? wrong.message
  }
  return null
}

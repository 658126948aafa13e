// The program that docs/aansluiten/nlgov.md prints: it begins a sign-in and finishes it.
import { hear, say } from './conversation.mjs'

const told = await hear()
process.env.PRIVATE_KEY_FILE = told.key
const { begin, finish } = await import(told.program)
const { asked, address } = await begin()
say({ authorize: address })
const tokens = await finish(asked, new URL((await hear()).came))
say({ person: tokens.claims() })
process.exit()

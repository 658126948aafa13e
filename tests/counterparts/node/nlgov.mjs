// An application of profile `nlgov`: its own key, signed requests that it pushes, ID Tokens encrypted to it.
import { webcrypto } from 'node:crypto'
import * as client from 'openid-client'
import { hear, refused, say } from './conversation.mjs'

const PS256 = { name: 'RSA-PSS', hash: 'SHA-256' }
const RSA_OAEP_256 = { name: 'RSA-OAEP', hash: 'SHA-256' }
const keyOf = (jwk, algorithm, use) => webcrypto.subtle.importKey('jwk', jwk, algorithm, false, [use])

const told = await hear()
const signs = { key: await keyOf(told.signs, PS256, 'sign'), kid: told.signs.kid }
const config = await client.discovery(
  new URL(told.issuer), told.client_id, { id_token_signed_response_alg: 'PS256' }, client.PrivateKeyJwt(signs),
  { execute: [client.allowInsecureRequests, client.enableNonRepudiationChecks] },
)
client.enableDecryptingResponses(
  config, ['A256GCM'], { key: await keyOf(told.decrypts, RSA_OAEP_256, 'decrypt'), kid: told.decrypts.kid },
)

const verifier = client.randomPKCECodeVerifier()
const state = client.randomState()
const nonce = client.randomNonce()
const signed = await client.buildAuthorizationUrlWithJAR(config, {
  redirect_uri: told.redirect_uri,
  scope: told.scope,
  code_challenge: await client.calculatePKCECodeChallenge(verifier),
  code_challenge_method: 'S256',
  state,
  nonce,
}, signs)
const pushed = await client.buildAuthorizationUrlWithPAR(config, signed.searchParams)
say({ signed: signed.href, authorize: pushed.href })

const tokens = await client.authorizationCodeGrant(config, new URL((await hear()).came), {
  pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true,
})
const person = tokens.claims()
const userinfo = await client.fetchUserInfo(config, tokens.access_token, person.sub)
await client.tokenRevocation(config, tokens.access_token)
say({
  person,
  userinfo,
  idToken: tokens.id_token,
  accessToken: tokens.access_token,
  revoked: await refused(() => client.fetchUserInfo(config, tokens.access_token, person.sub)),
  endSession: client.buildEndSessionUrl(config, { post_logout_redirect_uri: told.after }).href,
})
process.exit()

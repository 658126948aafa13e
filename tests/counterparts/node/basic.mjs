// An application of profile `basic`: everything that openid-client does for a client with a secret.
import * as client from 'openid-client'
import { hear, refused, say } from './conversation.mjs'

const told = await hear()
const config = await client.discovery(
  new URL(told.issuer), told.client_id, undefined, client.ClientSecretBasic(told.secret),
  { execute: [client.allowInsecureRequests, client.enableNonRepudiationChecks] },
)

const verifier = client.randomPKCECodeVerifier()
const state = client.randomState()
const nonce = client.randomNonce()
say({
  authorize: client.buildAuthorizationUrl(config, {
    redirect_uri: told.redirect_uri,
    scope: told.scope,
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
    nonce,
  }).href,
})

const came = new URL((await hear()).came)
const checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true }
const tokens = await client.authorizationCodeGrant(config, came, checks)
const person = tokens.claims()
const userinfo = await client.fetchUserInfo(config, tokens.access_token, person.sub)
const inForce = await client.tokenIntrospection(config, tokens.access_token)
const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token)
await client.tokenRevocation(config, refreshed.refresh_token)
say({
  person,
  userinfo,
  inForce,
  refreshed: refreshed.claims(),
  noLongerInForce: await client.tokenIntrospection(config, refreshed.access_token),
  revoked: await refused(() => client.refreshTokenGrant(config, refreshed.refresh_token)),
  usedAgain: await refused(() => client.authorizationCodeGrant(config, came, checks)),
  endSession: client.buildEndSessionUrl(config, {
    id_token_hint: refreshed.id_token,
    post_logout_redirect_uri: told.after,
    state: 'weer-terug',
  }).href,
})
process.exit()

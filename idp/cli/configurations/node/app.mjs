import express from 'express'
import session from 'express-session'
import * as client from 'openid-client'

const issuer = new URL('{{ issuer }}')
const redirectUri = '{{ redirect_uri }}'
const config = await client.discovery(
  issuer,
  '{{ client_id }}',
  undefined,
  client.ClientSecretBasic(process.env.OIDC_CLIENT_SECRET),
  // plain http is for a provider on your own machine
  { execute: issuer.protocol === 'http:' ? [client.allowInsecureRequests] : [] },
)

const app = express()
app.set('trust proxy', 'loopback')
app.use(session({
  name: 'applicatie',
  secret: process.env.SESSION_SECRET,
  resave: false,
  saveUninitialized: false,
  cookie: { httpOnly: true, sameSite: 'lax', secure: redirectUri.startsWith('https:') },
}))

app.get('/inloggen', async (req, res) => {
  const verifier = client.randomPKCECodeVerifier()
  const state = client.randomState()
  const nonce = client.randomNonce()
  req.session.asked = { verifier, state, nonce }
  res.redirect(303, client.buildAuthorizationUrl(config, {
    redirect_uri: redirectUri,
    scope: '{{ scopes | join(" ") }}',
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
    nonce,
  }).href)
})

app.get(new URL(redirectUri).pathname, async (req, res) => {
  const { asked } = req.session
  if (!asked) return res.redirect(303, '/inloggen')
  const came = new URL(redirectUri)
  came.search = new URL(req.url, redirectUri).search
  const tokens = await client.authorizationCodeGrant(config, came, {
    pkceCodeVerifier: asked.verifier,
    expectedState: asked.state,
    expectedNonce: asked.nonce,
    idTokenExpected: true,
  })
  // a new session at every sign-in, so that nobody can have planted the old one
  await new Promise((done, failed) => req.session.regenerate(wrong => wrong ? failed(wrong) : done()))
  req.session.person = tokens.claims()
  req.session.idToken = tokens.id_token
  res.redirect(303, '/')
})

app.get('/', (req, res) => {
  if (!req.session.person) return res.redirect(303, '/inloggen')
  res.json(req.session.person)
})

app.post('/uitloggen', (req, res) => {
  const hint = req.session.idToken
  req.session.destroy(() => res.redirect(303, hint === undefined ? '/' : client.buildEndSessionUrl(config, {
    id_token_hint: hint,
    post_logout_redirect_uri: '{{ post_logout_redirect_uri }}',
  }).href))
})

app.get('{{ post_logout_path }}', (_req, res) => res.send('U bent uitgelogd.'))

// Why a sign-in was refused, with the kenmerk that `idp explain` knows, belongs in your log and not on the page.
app.use(async (wrong, _req, res, _next) => {
  const said = wrong.response?.bodyUsed === false ? await wrong.response.text() : wrong.cause
  console.error('sign-in failed:', wrong.code ?? wrong.message, said)
  res.status(500).send('Inloggen is niet gelukt. Probeer het opnieuw.')
})

app.listen(process.env.PORT ?? 3000, '127.0.0.1')

// An identity provider of OpenID Connect and one of SAML, for people whom the caller names. A person whose name is that
// of a fault gets an answer with this fault.
import { createSign, generateKeyPairSync } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import express from "express";
import Provider from "oidc-provider";
import samlp from "samlp";

const told = JSON.parse(process.env.OSML_PROVIDERS);
const issuer = `https://127.0.0.1:${told.port}`;

const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const stranger = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
const read = (text) => JSON.parse(Buffer.from(text, "base64url"));

function signed(header, claims, key) {
  const content = `${part(header)}.${part(claims)}`;
  return `${content}.${createSign("RSA-SHA256").update(content).sign(key, "base64url")}`;
}

const TOKENS = {
  "wrong-audience": (header, claims) => signed(header, { ...claims, aud: "another" }, privateKey),
  "wrong-issuer": (header, claims) => signed(header, { ...claims, iss: "https://127.0.0.1:1" }, privateKey),
  expired: (header, claims) => signed(header, { ...claims, exp: claims.iat - 1 }, privateKey),
  "wrong-key": (header, claims) => signed(header, claims, stranger),
  unsigned: (header, claims) => `${part({ ...header, alg: "none" })}.${part(claims)}.`,
};

const oidc = new Provider(issuer, {
  clients: [
    {
      client_id: told.client_id,
      client_secret: told.client_secret,
      redirect_uris: told.redirect_uris,
      token_endpoint_auth_method: "client_secret_post",
    },
  ],
  claims: { openid: ["sub"], email: ["email"], profile: ["groups"] },
  cookies: { keys: [told.client_secret] },
  findAccount: (_, id) => told.people[id] && { accountId: id, claims: () => ({ sub: id, ...told.people[id] }) },
  jwks: { keys: [{ ...privateKey.export({ format: "jwk" }), kid: "one", use: "sig" }] },
});
oidc.use(async (ctx, next) => {
  await next();
  if (ctx.oidc?.route !== "token" || !ctx.body?.id_token) return;
  const [header, claims] = ctx.body.id_token.split(".").slice(0, 2).map(read);
  const altered = TOKENS[claims.sub];
  if (altered) ctx.body = { ...ctx.body, id_token: altered(header, claims) };
});

const cert = readFileSync(told.saml_cert);
const key = readFileSync(told.saml_key);
const ASSERTIONS = {
  "wrong-audience": { audience: "urn:amazon:cognito:sp:another" },
  "wrong-request": { inResponseTo: "_another" },
  "wrong-key": { key: stranger.export({ type: "pkcs8", format: "pem" }) },
  expired: { lifetimeInSeconds: -1000 },
  unsigned: { signAssertion: false },
};
// What somebody changes on the way.
const CHANGES = {
  changed: (text) => text.replace(">guests<", ">people<"),
  unasked: (text) => text.replace(/(<samlp:Response[^>]*) InResponseTo="[^"]*"/, "$1"),
};

function profile(user) {
  return {
    getClaims: () => ({ email: user.email, groups: user.groups }),
    getNameIdentifier: () => ({
      nameIdentifier: user.id,
      nameIdentifierFormat: "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
    }),
  };
}

const escaped = (text) => text.replaceAll("&", "&amp;").replaceAll('"', "&quot;");
const hidden = (name, value) => `<input type="hidden" name="${name}" value="${escaped(value ?? "")}">`;
const page = (inside) => `<!DOCTYPE html><html lang="en"><title>Partner</title>${inside}</html>`;

const app = express();
app.get("/saml/metadata", samlp.metadata({ issuer, cert, redirectEndpointPath: "/saml/sso", postEndpointPath: "/saml/sso" }));
app.get("/saml/sso", (request, response, next) => {
  const { user, SAMLRequest, RelayState } = request.query;
  if (!user) {
    response.send(
      page(
        `<form method="get" action="/saml/sso">${hidden("SAMLRequest", SAMLRequest)}${hidden("RelayState", RelayState)}` +
          '<label>Name at the partner <input name="user" type="text"></label><button type="submit">Sign in</button></form>',
      ),
    );
    return;
  }
  samlp.auth({
    issuer,
    cert,
    key,
    recipient: told.acs,
    destination: told.acs,
    profileMapper: profile,
    getUserFromRequest: () => ({ id: user, ...told.people[user] }),
    getPostURL: (_audience, _request, _, done) => done(null, told.acs),
    responseHandler: (content) => {
      const text = (CHANGES[user] ?? ((same) => same))(content.toString());
      const form = hidden("SAMLResponse", Buffer.from(text).toString("base64")) + hidden("RelayState", RelayState);
      response.send(
        page(
          `<form method="post" action="${escaped(told.acs)}">${form}<button type="submit">Continue</button></form>` +
            "<script>document.forms[0].submit()</script>",
        ),
      );
    },
    ...ASSERTIONS[user],
  })(request, response, next);
});

const tls = { cert: readFileSync(told.tls_cert), key: readFileSync(told.tls_key) };
const ofOidc = oidc.callback();
createServer(tls, (request, response) => (request.url.startsWith("/saml/") ? app : ofOidc)(request, response)).listen(
  told.port,
  "127.0.0.1",
  () => console.log("ready"),
);

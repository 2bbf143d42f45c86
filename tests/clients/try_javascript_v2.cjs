// JavaScript with version 2 of the AWS SDK, which reads neither AWS_ENDPOINT_URL nor AWS_REGION by itself.
// Usage: node try_javascript_v2.cjs, with OSML_TARGET and OSML_INDEX.

const assert = require("node:assert/strict");
const { setTimeout: pause } = require("node:timers/promises");
const AWS = require("aws-sdk");
const { Client } = require("@opensearch-project/opensearch");
const { AwsSigv4Signer } = require("@opensearch-project/opensearch/aws");

const target = JSON.parse(process.env.OSML_TARGET);
const index = process.env.OSML_INDEX;
const region = process.env.AWS_REGION;
const service = target.kind === "domain" ? "es" : "aoss";

async function stored(client) {
  const fields = { embedding: { type: "knn_vector", dimension: 2 } };
  await client.indices.create({ index, body: { settings: { index: { knn: true } }, mappings: { properties: fields } } });
  try {
    await client.index({ index, body: { text: "north", embedding: [0, 1] } });
    const body = { query: { knn: { embedding: { vector: [0.1, 0.9], k: 1 } } } };
    let hits = [];
    for (let tries = 0; hits.length < 1 && tries < 600; tries++) {
      await pause(200);
      hits = (await client.search({ index, body })).body.hits.hits;
    }
    assert.equal(hits[0]._source.text, "north");
  } finally {
    await client.indices.delete({ index });
  }
}

async function told() {
  const [accessKeyId, secretAccessKey] = target.admin;
  const admin = { region, accessKeyId, secretAccessKey, endpoint: process.env.AWS_ENDPOINT_URL };
  const named = { DomainName: target.name };
  const { DomainStatus: made } = await new AWS.OpenSearch(admin).describeDomain(named).promise();
  assert.equal(`https://${made.Endpoint}`, target.endpoint);
  const older = new AWS.ES(admin);
  const { DomainStatus: same } = await older.describeElasticsearchDomain(named).promise();
  assert.equal(same.ElasticsearchVersion, made.EngineVersion);
  const { DomainNames: names } = await older.listDomainNames().promise();
  assert.ok(names.some((one) => one.DomainName === target.name));
  const absent = older.describeElasticsearchDomain({ DomainName: "nobody-has-it" }).promise();
  await assert.rejects(absent, { code: "ResourceNotFoundException" });
  const { Endpoints: endpoints } = await new AWS.SageMaker(admin).listEndpoints().promise();
  assert.ok(endpoints.length > 0);
}

async function main() {
  const getCredentials = () =>
    new Promise((resolve, reject) =>
      AWS.config.getCredentials((error, credentials) => (error ? reject(error) : resolve(credentials))),
    );
  await stored(new Client({ ...AwsSigv4Signer({ region, service, getCredentials }), node: target.endpoint }));
  if (target.kind === "domain") await told();
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});

// JavaScript: the OpenSearch client with AWS's signatures, and the AWS SDK about the domain.
// Usage: node try_javascript.mjs, with OSML_TARGET and OSML_INDEX.

import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { defaultProvider } from "@aws-sdk/credential-provider-node";
import { DescribeElasticsearchDomainCommand, ElasticsearchServiceClient } from "@aws-sdk/client-elasticsearch-service";
import { DescribeDomainCommand, DescribeDomainHealthCommand, OpenSearchClient } from "@aws-sdk/client-opensearch";
import { Client } from "@opensearch-project/opensearch";
import { AwsSigv4Signer } from "@opensearch-project/opensearch/aws-v3";

const target = JSON.parse(process.env.OSML_TARGET);
const index = process.env.OSML_INDEX;
const region = process.env.AWS_REGION;
const service = target.kind === "domain" ? "es" : "aoss";
const client = new Client({
  ...AwsSigv4Signer({ region, service, getCredentials: () => defaultProvider()() }),
  node: target.endpoint,
});

await client.indices.create({
  index,
  body: {
    settings: { index: { knn: true } },
    mappings: { properties: { embedding: { type: "knn_vector", dimension: 2 } } },
  },
});
try {
  for (const [text, embedding] of [["north", [0, 1]], ["east", [1, 0]]]) {
    await client.index({ index, body: { text, embedding } });
  }
  const body = { query: { knn: { embedding: { vector: [0.1, 0.9], k: 2 } } } };
  let hits = [];
  for (let tries = 0; hits.length < 2 && tries < 600; tries++) {
    await pause(200);
    hits = (await client.search({ index, body })).body.hits.hits;
  }
  assert.deepEqual(hits.map((hit) => hit._source.text), ["north", "east"]);
} finally {
  await client.indices.delete({ index });
}

if (target.kind === "domain") {
  const [accessKeyId, secretAccessKey] = target.admin;
  const admin = { region, credentials: { accessKeyId, secretAccessKey } };
  const aws = new OpenSearchClient(admin);
  const named = { DomainName: target.name };
  const { DomainStatus: made } = await aws.send(new DescribeDomainCommand(named));
  assert.equal(`https://${made.Endpoint}`, target.endpoint);
  assert.equal((await aws.send(new DescribeDomainHealthCommand(named))).DomainState, "Active");
  const older = await new ElasticsearchServiceClient(admin).send(new DescribeElasticsearchDomainCommand(named));
  assert.equal(older.DomainStatus.ElasticsearchVersion, made.EngineVersion);
}

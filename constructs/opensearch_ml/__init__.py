"""CDK constructs for objects inside Amazon OpenSearch: connectors, models, pipelines, indexes, access.

The examples in the docstrings belong to one app: `stack` is your Stack; `provisioner`, `engine` and `target` are
created as in README.md; `embedding` is a provider, and `role` its ConnectorRole; `connector`, `group`, `model` and
`pipeline` are the constructs with these names.
"""

from opensearch_ml.assistant.api_name import ApiName
from opensearch_ml.assistant.assistant_api import AssistantApi
from opensearch_ml.assistant.assistant_function import AssistantFunction
from opensearch_ml.assistant.conversation_table import ConversationTable
from opensearch_ml.assistant.firewall import Firewall
from opensearch_ml.assistant.sign_in_pool import SignInPool
from opensearch_ml.assistant.upload_jobs import UploadJobs
from opensearch_ml.engine.domain_alarms import DomainAlarms
from opensearch_ml.engine.index_access import IndexAccess
from opensearch_ml.engine.keeper import Ending, Keeper
from opensearch_ml.engine.network import Network
from opensearch_ml.engine.operator_role import OperatorRole
from opensearch_ml.engine.pass_role import PassRole
from opensearch_ml.engine.provisioner import Provisioner
from opensearch_ml.engine.read_secrets import ReadSecrets
from opensearch_ml.engine.search_domain import SearchDomain, volume, zones
from opensearch_ml.engine.search_engine import SearchEngine
from opensearch_ml.engine.serverless_collection import ServerlessCollection
from opensearch_ml.engine.target import Target
from opensearch_ml.ingestion.batch_bodies import BatchPlace, index_body, inference_body
from opensearch_ml.ingestion.document_bucket import DocumentBucket
from opensearch_ml.ingestion.document_drop import DocumentDrop
from opensearch_ml.ingestion.ingestion_pipeline import IngestionPipeline
from opensearch_ml.providers.answer_endpoint import AnswerEndpoint, Scaling
from opensearch_ml.providers.bedrock_answer_model import BedrockAnswerModel
from opensearch_ml.providers.bedrock_converse import bedrock_converse
from opensearch_ml.providers.bedrock_rerank import bedrock_rerank
from opensearch_ml.providers.cohere_embedding import cohere_embedding
from opensearch_ml.providers.connector_role import ConnectorRole
from opensearch_ml.providers.custom_connector import custom_connector
from opensearch_ml.providers.deepseek_bedrock import deepseek_bedrock
from opensearch_ml.providers.deepseek_chat import deepseek_chat
from opensearch_ml.providers.deepseek_sagemaker import deepseek_sagemaker
from opensearch_ml.providers.embedding_endpoint import EmbeddingEndpoint
from opensearch_ml.providers.inline_credentials import InlineCredentials
from opensearch_ml.providers.model_copies import Schedule
from opensearch_ml.providers.model_secret import ModelSecret
from opensearch_ml.providers.openai_chat import openai_chat
from opensearch_ml.providers.openai_embedding import openai_embedding
from opensearch_ml.providers.provider import Provider
from opensearch_ml.providers.sagemaker_batch import sagemaker_batch
from opensearch_ml.providers.sagemaker_embedding import sagemaker_embedding
from opensearch_ml.providers.sagemaker_sparse import sagemaker_sparse
from opensearch_ml.providers.secret_keys import SecretKeys
from opensearch_ml.providers.titan_embedding import titan_embedding
from opensearch_ml.resources.index_version import index_version
from opensearch_ml.resources.ingest_pipeline import IngestPipeline
from opensearch_ml.resources.ml_connector import MlConnector
from opensearch_ml.resources.ml_model import MlModel
from opensearch_ml.resources.ml_model_group import MlModelGroup
from opensearch_ml.resources.role_mapping import RoleMapping
from opensearch_ml.resources.search_pipeline import Mixture, SearchPipeline
from opensearch_ml.resources.security_role import SecurityRole
from opensearch_ml.resources.trusted_endpoints import TrustedEndpoints
from opensearch_ml.resources.vector_index import VectorIndex

__all__ = [
    "AnswerEndpoint",
    "ApiName",
    "AssistantApi",
    "AssistantFunction",
    "BatchPlace",
    "BedrockAnswerModel",
    "ConnectorRole",
    "ConversationTable",
    "DocumentBucket",
    "DocumentDrop",
    "DomainAlarms",
    "EmbeddingEndpoint",
    "Ending",
    "Firewall",
    "IndexAccess",
    "IngestPipeline",
    "IngestionPipeline",
    "InlineCredentials",
    "Keeper",
    "Mixture",
    "MlConnector",
    "MlModel",
    "MlModelGroup",
    "ModelSecret",
    "Network",
    "OperatorRole",
    "PassRole",
    "Provider",
    "Provisioner",
    "ReadSecrets",
    "RoleMapping",
    "Scaling",
    "Schedule",
    "SearchDomain",
    "SearchEngine",
    "SearchPipeline",
    "SecretKeys",
    "SecurityRole",
    "ServerlessCollection",
    "SignInPool",
    "Target",
    "TrustedEndpoints",
    "UploadJobs",
    "VectorIndex",
    "bedrock_converse",
    "bedrock_rerank",
    "cohere_embedding",
    "custom_connector",
    "deepseek_bedrock",
    "deepseek_chat",
    "deepseek_sagemaker",
    "index_body",
    "index_version",
    "inference_body",
    "openai_chat",
    "openai_embedding",
    "sagemaker_batch",
    "sagemaker_embedding",
    "sagemaker_sparse",
    "titan_embedding",
    "volume",
    "zones",
]

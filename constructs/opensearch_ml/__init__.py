"""CDK constructs for what lives inside Amazon OpenSearch: connectors, models, pipelines, indexes, access.

The examples in the docstrings are parts of one app: `stack` is a Stack of yours, `provisioner`, `engine` and `target`
are made as in README.md, `embedding` is a provider, `role` its ConnectorRole, and `connector`, `group`, `model` and
`pipeline` are the constructs of these names.
"""

from opensearch_ml.answer_endpoint import AnswerEndpoint, Scaling
from opensearch_ml.answer_secret import AnswerSecret
from opensearch_ml.assistant_api import AssistantApi
from opensearch_ml.assistant_function import AssistantFunction
from opensearch_ml.batch_bodies import BatchPlace, index_body, inference_body
from opensearch_ml.bedrock_answer_model import BedrockAnswerModel
from opensearch_ml.bedrock_converse import bedrock_converse
from opensearch_ml.bedrock_rerank import bedrock_rerank
from opensearch_ml.cohere_embedding import cohere_embedding
from opensearch_ml.connector_role import ConnectorRole
from opensearch_ml.conversation_table import ConversationTable
from opensearch_ml.copies import Schedule
from opensearch_ml.custom_connector import custom_connector
from opensearch_ml.deepseek_bedrock import deepseek_bedrock
from opensearch_ml.deepseek_chat import deepseek_chat
from opensearch_ml.deepseek_sagemaker import deepseek_sagemaker
from opensearch_ml.document_bucket import DocumentBucket
from opensearch_ml.document_drop import DocumentDrop
from opensearch_ml.embedding_endpoint import EmbeddingEndpoint
from opensearch_ml.generation import generation
from opensearch_ml.index_access import IndexAccess
from opensearch_ml.ingest_pipeline import IngestPipeline
from opensearch_ml.ingestion_pipeline import IngestionPipeline
from opensearch_ml.keeper import Keeper
from opensearch_ml.ml_connector import MlConnector
from opensearch_ml.ml_model import MlModel
from opensearch_ml.ml_model_group import MlModelGroup
from opensearch_ml.network import Network
from opensearch_ml.openai_chat import openai_chat
from opensearch_ml.openai_embedding import openai_embedding
from opensearch_ml.operator_role import OperatorRole
from opensearch_ml.pass_role import PassRole
from opensearch_ml.provider import Provider
from opensearch_ml.provisioner import Provisioner
from opensearch_ml.read_secrets import ReadSecrets
from opensearch_ml.role_mapping import RoleMapping
from opensearch_ml.sagemaker_batch import sagemaker_batch
from opensearch_ml.sagemaker_embedding import sagemaker_embedding
from opensearch_ml.sagemaker_sparse import sagemaker_sparse
from opensearch_ml.search_domain import SearchDomain, volume, zones
from opensearch_ml.search_engine import SearchEngine
from opensearch_ml.search_pipeline import Mixture, SearchPipeline
from opensearch_ml.secret_keys import SecretKeys
from opensearch_ml.security_role import SecurityRole
from opensearch_ml.serverless_collection import ServerlessCollection
from opensearch_ml.sign_in_pool import SignInPool
from opensearch_ml.straight_keys import StraightKeys
from opensearch_ml.target import Target
from opensearch_ml.titan_embedding import titan_embedding
from opensearch_ml.trusted_endpoints import TrustedEndpoints
from opensearch_ml.vector_index import VectorIndex

__all__ = [
    "AnswerEndpoint",
    "AnswerSecret",
    "AssistantApi",
    "AssistantFunction",
    "BatchPlace",
    "BedrockAnswerModel",
    "ConnectorRole",
    "ConversationTable",
    "DocumentBucket",
    "DocumentDrop",
    "EmbeddingEndpoint",
    "IndexAccess",
    "IngestPipeline",
    "IngestionPipeline",
    "Keeper",
    "Mixture",
    "MlConnector",
    "MlModel",
    "MlModelGroup",
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
    "StraightKeys",
    "Target",
    "TrustedEndpoints",
    "VectorIndex",
    "bedrock_converse",
    "bedrock_rerank",
    "cohere_embedding",
    "custom_connector",
    "deepseek_bedrock",
    "deepseek_chat",
    "deepseek_sagemaker",
    "generation",
    "index_body",
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

"""CDK constructs for objects inside Amazon OpenSearch: connectors, models, pipelines, indexes, access.

The examples in the docstrings belong to one app: `stack` is your Stack; `provisioner`, `engine` and `target` are
created as in README.md; `embedding` is a provider, and `role` its ConnectorRole; `connector`, `group`, `model` and
`pipeline` are the constructs with these names.
"""

from opensearch_ml.assistant.api_name import ApiName as ApiName
from opensearch_ml.assistant.assistant_api import AssistantApi as AssistantApi
from opensearch_ml.assistant.assistant_api import TokenFunction as TokenFunction
from opensearch_ml.assistant.assistant_function import AssistantFunction as AssistantFunction
from opensearch_ml.assistant.conversation_table import ConversationTable as ConversationTable
from opensearch_ml.assistant.feedback_table import FeedbackTable as FeedbackTable
from opensearch_ml.assistant.firewall import Firewall as Firewall
from opensearch_ml.assistant.quota_table import QuotaTable as QuotaTable
from opensearch_ml.assistant.sign_in_pool import SignInPool as SignInPool
from opensearch_ml.assistant.upload_jobs import UploadJobs as UploadJobs
from opensearch_ml.engine.domain_alarms import DomainAlarms as DomainAlarms
from opensearch_ml.engine.index_access import IndexAccess as IndexAccess
from opensearch_ml.engine.keeper import Ending as Ending
from opensearch_ml.engine.keeper import Keeper as Keeper
from opensearch_ml.engine.network import Network as Network
from opensearch_ml.engine.operator_role import OperatorRole as OperatorRole
from opensearch_ml.engine.pass_role import PassRole as PassRole
from opensearch_ml.engine.provisioner import Provisioner as Provisioner
from opensearch_ml.engine.read_secrets import ReadSecrets as ReadSecrets
from opensearch_ml.engine.search_domain import SearchDomain as SearchDomain
from opensearch_ml.engine.search_domain import volume as volume
from opensearch_ml.engine.search_domain import zones as zones
from opensearch_ml.engine.search_engine import SearchEngine as SearchEngine
from opensearch_ml.engine.serverless_collection import ServerlessCollection as ServerlessCollection
from opensearch_ml.engine.snapshot_bucket import SnapshotBucket as SnapshotBucket
from opensearch_ml.engine.target import Target as Target
from opensearch_ml.ingestion.batch_bodies import BatchPlace as BatchPlace
from opensearch_ml.ingestion.batch_bodies import index_body as index_body
from opensearch_ml.ingestion.batch_bodies import inference_body as inference_body
from opensearch_ml.ingestion.document_bucket import DocumentBucket as DocumentBucket
from opensearch_ml.ingestion.document_drop import DocumentDrop as DocumentDrop
from opensearch_ml.ingestion.ingestion_pipeline import IngestionPipeline as IngestionPipeline
from opensearch_ml.ingestion.source_sync import SourceSync as SourceSync
from opensearch_ml.providers.answer_endpoint import AnswerEndpoint as AnswerEndpoint
from opensearch_ml.providers.answer_endpoint import Scaling as Scaling
from opensearch_ml.providers.bedrock_answer_model import BedrockAnswerModel as BedrockAnswerModel
from opensearch_ml.providers.bedrock_converse import bedrock_converse as bedrock_converse
from opensearch_ml.providers.bedrock_rerank import bedrock_rerank as bedrock_rerank
from opensearch_ml.providers.cohere_embedding import cohere_embedding as cohere_embedding
from opensearch_ml.providers.connector_role import ConnectorRole as ConnectorRole
from opensearch_ml.providers.custom_connector import custom_connector as custom_connector
from opensearch_ml.providers.deepseek_bedrock import deepseek_bedrock as deepseek_bedrock
from opensearch_ml.providers.deepseek_chat import deepseek_chat as deepseek_chat
from opensearch_ml.providers.deepseek_sagemaker import deepseek_sagemaker as deepseek_sagemaker
from opensearch_ml.providers.embedding_endpoint import EmbeddingEndpoint as EmbeddingEndpoint
from opensearch_ml.providers.inline_credentials import InlineCredentials as InlineCredentials
from opensearch_ml.providers.model_copies import Schedule as Schedule
from opensearch_ml.providers.model_secret import ModelSecret as ModelSecret
from opensearch_ml.providers.openai_chat import openai_chat as openai_chat
from opensearch_ml.providers.openai_embedding import openai_embedding as openai_embedding
from opensearch_ml.providers.provider import Provider as Provider
from opensearch_ml.providers.sagemaker_batch import sagemaker_batch as sagemaker_batch
from opensearch_ml.providers.sagemaker_embedding import sagemaker_embedding as sagemaker_embedding
from opensearch_ml.providers.sagemaker_sparse import sagemaker_sparse as sagemaker_sparse
from opensearch_ml.providers.secret_keys import SecretKeys as SecretKeys
from opensearch_ml.providers.titan_embedding import titan_embedding as titan_embedding
from opensearch_ml.resources.adopted_index import AdoptedIndex as AdoptedIndex
from opensearch_ml.resources.audit_log import AuditLog as AuditLog
from opensearch_ml.resources.conversation_index import ConversationIndex as ConversationIndex
from opensearch_ml.resources.feedback_index import FeedbackIndex as FeedbackIndex
from opensearch_ml.resources.index_version import index_version as index_version
from opensearch_ml.resources.ingest_pipeline import IngestPipeline as IngestPipeline
from opensearch_ml.resources.ml_connector import MlConnector as MlConnector
from opensearch_ml.resources.ml_model import MlModel as MlModel
from opensearch_ml.resources.ml_model_group import MlModelGroup as MlModelGroup
from opensearch_ml.resources.role_mapping import RoleMapping as RoleMapping
from opensearch_ml.resources.search_pipeline import Mixture as Mixture
from opensearch_ml.resources.search_pipeline import SearchPipeline as SearchPipeline
from opensearch_ml.resources.security_role import SecurityRole as SecurityRole
from opensearch_ml.resources.trusted_endpoints import TrustedEndpoints as TrustedEndpoints
from opensearch_ml.resources.vector_index import VectorIndex as VectorIndex

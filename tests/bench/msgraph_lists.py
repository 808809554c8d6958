#!/usr/bin/env python3
"""Users and interactive sign-ins with msgraph-sdk for Python and its PageIterator, as its guide says: `floor.py` runs it.

Usage: msgraph_lists.py users|sign-ins TOP SELECT     address and token in GRAPH_URL and GRAPH_TOKEN; prints how many came.
SELECT: names with commas, or empty. Source: learn.microsoft.com/graph/sdks/paging
"""
import asyncio
import os
import sys
import time

from azure.core.credentials import AccessToken
from kiota_abstractions.base_request_configuration import RequestConfiguration
from kiota_authentication_azure.azure_identity_authentication_provider import AzureIdentityAuthenticationProvider
from msgraph import GraphRequestAdapter, GraphServiceClient
from msgraph.generated.audit_logs.sign_ins.sign_ins_request_builder import SignInsRequestBuilder
from msgraph.generated.users.users_request_builder import UsersRequestBuilder
from msgraph_core import GraphClientFactory
from msgraph_core.tasks.page_iterator import PageIterator


class Given:
    """A credential that has its token already."""

    def get_token(self, *_scopes, **_options):
        return AccessToken(os.environ["GRAPH_TOKEN"], int(time.time()) + 3600)


async def collect():
    which, top, select = sys.argv[1], int(sys.argv[2]), [name for name in sys.argv[3].split(",") if name] or None
    provider = AzureIdentityAuthenticationProvider(Given(), scopes=["graph/.default"], allowed_hosts=["127.0.0.1"])
    adapter = GraphRequestAdapter(provider, client=GraphClientFactory.create_with_default_middleware())
    adapter.base_url = os.environ["GRAPH_URL"] + "/v1.0"
    client = GraphServiceClient(request_adapter=adapter)
    if which == "users":
        parameters = UsersRequestBuilder.UsersRequestBuilderGetQueryParameters(top=top, select=select)
        list_of = client.users
    else:
        parameters = SignInsRequestBuilder.SignInsRequestBuilderGetQueryParameters(top=top, select=select)
        list_of = client.audit_logs.sign_ins
    first = await list_of.get(RequestConfiguration(query_parameters=parameters))
    kept = []
    await PageIterator(first, adapter).iterate(lambda record: kept.append(record.id) or True)
    print(len(kept))


asyncio.run(collect())

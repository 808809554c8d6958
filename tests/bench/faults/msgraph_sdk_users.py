"""Lists the users of a Graph on loopback with msgraph-sdk for Python and its PageIterator, as its guide says.

Takes address and token in GRAPH_URL and GRAPH_TOKEN, prints the ids, one a line. An exception ends it with code 1.
Source: learn.microsoft.com/graph/sdks/paging
"""

import asyncio
import os
import sys
import time

from azure.core.credentials import AccessToken
from kiota_authentication_azure.azure_identity_authentication_provider import AzureIdentityAuthenticationProvider
from msgraph import GraphRequestAdapter, GraphServiceClient
from msgraph_core import GraphClientFactory
from msgraph_core.tasks.page_iterator import PageIterator


class Given:
    """A credential that has its token already."""

    def get_token(self, *_scopes, **_options):
        return AccessToken(os.environ["GRAPH_TOKEN"], int(time.time()) + 3600)


async def collect():
    url = os.environ["GRAPH_URL"] + "/v1.0"
    # The SDK's own client with its own middleware; only the hosts that may hear the token are named, as for any cloud.
    provider = AzureIdentityAuthenticationProvider(Given(), scopes=["graph/.default"], allowed_hosts=["127.0.0.1"])
    adapter = GraphRequestAdapter(provider, client=GraphClientFactory.create_with_default_middleware())
    adapter.base_url = url
    client = GraphServiceClient(request_adapter=adapter)
    ids = []
    try:
        first = await client.users.get()
        if first:
            iterator = PageIterator(first, adapter)
            await iterator.iterate(lambda user: ids.append(getattr(user, "id", None)) or True)
    finally:
        for one in ids:
            print(one)


try:
    asyncio.run(collect())
except Exception as error:
    print(type(error).__name__, file=sys.stderr)
    sys.exit(1)

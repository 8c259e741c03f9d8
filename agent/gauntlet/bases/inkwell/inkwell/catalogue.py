"""What the library offers, as text."""

import asyncio
import json
import xml.dom.minidom

import inkwell


def describe():
    """The names that the library offers, as JSON in an XML element."""
    document = xml.dom.minidom.Document()
    element = document.createElement("names")
    element.appendChild(document.createTextNode(json.dumps(sorted(inkwell.__all__))))
    return element.toxml()


async def describe_later():
    await asyncio.sleep(0)
    return describe()

"""What the HTTP client hands over: status, header fields, body as bytes."""


def charset_of(content_type, default="utf-8"):
    """Return the charset parameter of a content type, or the default."""
    for part in content_type.split(";")[1:]:
        name, _, value = part.partition("=")
        if name.strip().lower() == "charset":
            return value.strip().strip('"').lower()
    return default


def text_of(response):
    """Return the body as text: in the charset that it names, else UTF-8."""
    return response["body"].decode(charset_of(response.get("content_type", "")))

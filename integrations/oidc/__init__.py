"""OpenID Connect: who a person is, by the word of an identity provider."""

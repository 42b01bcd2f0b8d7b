"""The rules of contact: customers, identities, and the facts that touchpoints bring."""

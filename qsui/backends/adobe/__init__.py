"""Adobe Experience Platform Query Service: wire models, conversion, paging, join."""

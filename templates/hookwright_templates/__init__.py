"""The templates of generated receivers, as data: `common`, a folder a language and one a stack."""

"""Updates: news that an organisation sends to the signers who said yes to it, and shows on the page."""

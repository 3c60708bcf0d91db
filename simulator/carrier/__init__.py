"""What all simulated carriers are made of: background work, webhooks and their retries, screens, misbehaviour."""

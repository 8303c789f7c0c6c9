"""The link to a hub: opened, kept, mended, handed over at renewal."""

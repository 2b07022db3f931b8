"""What Typst sets: the fonts that show a text, and pictures of a few words."""

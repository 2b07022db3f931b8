"""What the site promises when its parts die, hang or refuse, shown on the real parts."""

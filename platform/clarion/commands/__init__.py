"""What people type after `clarion`, one module for each thing it is about; a command asks services and tells."""

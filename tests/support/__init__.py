"""What tests stand on: databases, a browser that reads forms, what the machine must have. Holds no test."""

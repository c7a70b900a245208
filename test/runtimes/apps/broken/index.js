module.exports = {
  processEvent(event) {
    event.properties.reached = true;
    undefinedName.property = 1;
    return event;
  },
};
